# SPDX-License-Identifier: Apache-2.0
# technique: gdb dumps the memory of a process (a stand-in)
# alert: Program that dumps memory started
# field: proc.args=*gcore*
cp /bin/true gdb; ./gdb -p 1 -ex gcore
