# SPDX-License-Identifier: Apache-2.0
# technique: The memory of the machine is opened
# alert: Memory of the machine opened
# field: fd.name=/proc/kcore
! { exec 3< /proc/kcore; } 2> /dev/null || exec 3<&-
