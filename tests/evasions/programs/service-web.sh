# SPDX-License-Identifier: Apache-2.0
# technique: A web server (a stand-in) starts a downloader
# alert: Web server started a shell
# field: proc.exepath=*/curl
cp /bin/bash nginx; cp /bin/true curl; ./nginx -c "./curl -s -m 1 $ADDRESS:4496; true"
