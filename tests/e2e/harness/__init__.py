# SPDX-License-Identifier: Apache-2.0
"""Real servers for the end-to-end tests, and the program under test.

Nothing here has a fixed port or a fixed folder, nothing sleeps in the hope that something
is done by then, and every process's log is kept when a test fails.
"""
