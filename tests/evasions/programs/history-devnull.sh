# SPDX-License-Identifier: Apache-2.0
# technique: The history becomes a link to /dev/null
# alert: History of a shell emptied
# field: fs.path.target=/dev/null
ln -sf /dev/null .bash_history
