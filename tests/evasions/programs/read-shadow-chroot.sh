# SPDX-License-Identifier: Apache-2.0
# technique: After a change of the root directory another path leads to /etc/shadow
# alert: Sensitive file read
# field: fd.name=/etc/shadow
"$PYTHON" -c "import os; os.chroot(\"/etc\"); open(\"/shadow\").close()"
