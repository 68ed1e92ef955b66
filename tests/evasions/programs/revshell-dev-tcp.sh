# SPDX-License-Identifier: Apache-2.0
# technique: bash connects by itself through /dev/tcp
# alert: Connection opened by a shell
# field: fd.name=*->192.0.2.1:4501
"$PYTHON" -c 'import os, socket; s = socket.create_server((os.environ["ADDRESS"], 4501)); print(flush=True); s.accept()' > ready &
until [ -s ready ]; do :; done
exec 3<> "/dev/tcp/$ADDRESS/4501"
