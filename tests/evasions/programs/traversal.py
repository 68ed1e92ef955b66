# SPDX-License-Identifier: Apache-2.0
# technique: A server opens a path with dots
# alert: Path with dots leads to a protected file
# field: fd.name=/etc/passwd
open("/usr/share/../../etc/passwd").close()
