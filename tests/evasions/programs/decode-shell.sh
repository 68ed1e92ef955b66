# SPDX-License-Identifier: Apache-2.0
# technique: Encoded commands are decoded and piped into a shell
# alert: Decoded text that an interpreter executes
# field: proc.args=*base64*
bash -c 'echo ZXhpdA== | base64 -d | sh'
