# SPDX-License-Identifier: Apache-2.0
# technique: LD_PRELOAD names a library in a temporary directory
# alert: Library injected into a program
# field: proc.exepath=*/true
LD_PRELOAD=/tmp/none.so /bin/true 2> /dev/null
