# SPDX-License-Identifier: Apache-2.0
# technique: Passwords in .netrc are read
# alert: Stored password read
# field: fd.name=*/.netrc
echo x > .netrc; cat .netrc
