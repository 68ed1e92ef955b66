# SPDX-License-Identifier: Apache-2.0
# technique: usercustomize.py runs in each Python program of the user
# alert: Start-up file of an interpreter changed
# field: fd.name=*/usercustomize.py
echo pass > usercustomize.py
