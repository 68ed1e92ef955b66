# SPDX-License-Identifier: Apache-2.0
# Python: a virtual environment, an offline pip install of a local package, a test run, a temporary web server
python3 -m venv --without-pip v
mkdir -p pkg/noise && echo 'x = 1' > pkg/noise/__init__.py
printf '[project]\nname="noise"\nversion="1"\n' > pkg/pyproject.toml
pip3 --version && pip3 list > /dev/null 2>&1 || true
pip3 download --no-index nothing > /dev/null 2>&1 || true
python3 -m compileall -q pkg
python3 -m unittest discover pkg || true
python3 - <<'S'
import http.server, threading, urllib.request
server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
threading.Thread(target=server.serve_forever, daemon=True).start()
for _ in range(50):
    urllib.request.urlopen("http:" + f"//127.0.0.1:{server.server_port}/").read()
server.shutdown()
import multiprocessing, subprocess, tempfile, ctypes, ssl
with multiprocessing.Pool(2) as pool:
    pool.map(abs, range(100))
subprocess.run("echo x | cat", shell=True)
tempfile.TemporaryFile()
S
