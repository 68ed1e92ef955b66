# SPDX-License-Identifier: Apache-2.0
# technique: A dumper of memory (a stand-in) is started
# alert: Program that dumps memory started
# field: proc.exepath=*/gcore
cp /bin/true gcore; ./gcore 1
