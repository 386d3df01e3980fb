"""What clients of plain HTTP on loopback are given in place of certificate authorities."""

import ssl

NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""It trusts nobody and costs nothing; reading the real ones takes 30 ms for each client."""
