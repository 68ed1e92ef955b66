# SPDX-License-Identifier: Apache-2.0
# technique: A *.pth file runs code in each Python program
# alert: Start-up file of an interpreter changed
# field: fd.name=*/site-packages/x.pth
mkdir -p site-packages; echo "import os" > site-packages/x.pth
