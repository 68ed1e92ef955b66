# SPDX-License-Identifier: Apache-2.0
# technique: The release agent of a control group is set (in a folder in its place)
# alert: Setting of the kernel that starts a program changed
# field: fd.name=*/release_agent
echo /tmp/x > release_agent
