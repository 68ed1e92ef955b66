# SPDX-License-Identifier: Apache-2.0
# technique: The history is removed
# alert: History of a shell emptied
# field: fs.path.name=*/.bash_history
touch .bash_history; rm .bash_history
