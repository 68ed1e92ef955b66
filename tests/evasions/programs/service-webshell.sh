# SPDX-License-Identifier: Apache-2.0
# technique: A web server (a stand-in) writes a program into its site
# alert: Web server wrote a program
# field: fd.name=*/x.php
cp /bin/bash apache2; ./apache2 -c "echo > x.php"
