# SPDX-License-Identifier: Apache-2.0
# technique: Python executes encoded text
# alert: Decoded text that an interpreter executes
# field: proc.exepath=*python*
"$PYTHON" -c 'exec(__import__("base64").b64decode("cGFzcw=="))'
