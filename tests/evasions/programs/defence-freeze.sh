# SPDX-License-Identifier: Apache-2.0
# technique: A control group is frozen (a file in its place)
# alert: Processes of a control group frozen
# field: fd.name=*/cgroup.freeze
echo 1 > cgroup.freeze
