# SPDX-License-Identifier: Apache-2.0
# technique: The dynamic linker runs a program, which has no permission to execute
# alert: Program run by the dynamic linker
# field: proc.args=*/x
cp /bin/true x; chmod 600 x
/lib64/ld-linux-x86-64.so.2 "$PWD/x"
