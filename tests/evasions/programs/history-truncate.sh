# SPDX-License-Identifier: Apache-2.0
# technique: A shell empties the history
# alert: History of a shell emptied
# field: fd.name=*/.bash_history
echo x > .bash_history; : > .bash_history
