# SPDX-License-Identifier: Apache-2.0
# technique: The passwords of a browser are copied
# alert: Stored password read
# field: proc.exepath=*/cp
echo x > logins.json; cp logins.json y
