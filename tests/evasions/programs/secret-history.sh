# SPDX-License-Identifier: Apache-2.0
# technique: The history of a shell is searched
# alert: History of a shell read
# field: proc.exepath=*grep*
echo x > .bash_history; grep -c pass .bash_history || true
