# SPDX-License-Identifier: Apache-2.0
# technique: A shell starts without history
# alert: Shell started without history
# field: proc.env[HISTFILE]=/dev/null
HISTFILE=/dev/null sh -c exit
