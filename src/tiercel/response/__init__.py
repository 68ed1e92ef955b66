# SPDX-License-Identifier: Apache-2.0
"""Responses to alerts: signals to processes and control groups, programs, functions, captures.

A response follows the event that caused it: it limits damage, it prevents nothing. The package uses only the members of
:class:`~tiercel.response.responder.Respondable` of an alert.
"""
