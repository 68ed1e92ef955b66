# SPDX-License-Identifier: Apache-2.0
# technique: A link with a harmless name leads to a private SSH key
# alert: Private SSH key read
# field: fd.name=*/.ssh/id_rsa
mkdir .ssh; echo x > .ssh/id_rsa; ln -s .ssh/id_rsa notes; cat notes
