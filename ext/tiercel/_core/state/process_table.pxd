# SPDX-License-Identifier: Apache-2.0
"""Python class of the process table."""

from tiercel._core.state.container_table cimport ContainerTable
from tiercel._core.state.exec_image cimport ExecImage, ImageParts
from tiercel._core.state.process cimport Proc, State
from tiercel._core.state.process_events cimport state_lock, state_unlock, process_table_apply


cdef enum:
    SEEDED = 256


cdef class ProcessTable(ContainerTable):
    # Images of seeds by hash: many processes of a service have equal images, as forks of each other have.
    cdef ExecImage *seeded[SEEDED]

    cdef ExecImage *seed_image(self, const ImageParts *parts) noexcept nogil
