# SPDX-License-Identifier: Apache-2.0
# technique: A shell reads its commands from a pipe
# alert: Shell that reads commands from a pipe
# field: proc.exepath=*/dash
echo exit | sh
