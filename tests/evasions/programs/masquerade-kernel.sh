# SPDX-License-Identifier: Apache-2.0
# technique: A program takes the name of a kernel thread
# alert: Process with the name of a kernel thread
# field: proc.exepath=*/true
exec -a '[kworker/0:1]' /bin/true
