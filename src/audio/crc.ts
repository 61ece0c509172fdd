/** Checksums of containers, most significant bit first, from 0 and without inversion at the end. */

/** The table of a polynomial of `width` bits: what each byte in the top of the register adds. */
function tableOf(polynomial: number, width: 8 | 16 | 32): Uint32Array {
  const top = 2 ** (width - 1)
  const mask = 2 ** width - 1
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let register = byte * 2 ** (width - 8)
    for (let bit = 0; bit < 8; bit++) {
      const carry = register >= top
      register = (register * 2) % (mask + 1)
      if (carry) register = (register ^ polynomial) >>> 0
    }
    return register
  })
}

const CRC8 = tableOf(0x07, 8)
const CRC16 = tableOf(0x8005, 16)
const CRC32 = tableOf(0x04c11db7, 32)

/** Of a FLAC frame's header: RFC 9639, 9.1.8. */
export function crc8(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0
  for (let i = start; i < end; i++) crc = CRC8[crc ^ bytes[i]!]!
  return crc
}

/** The checksum of a FLAC frame (RFC 9639, 9.3) with one more byte. */
export function crc16Next(crc: number, byte: number): number {
  return ((crc << 8) & 0xff00) ^ CRC16[(crc >> 8) ^ byte]!
}

/** Of an Ogg page (RFC 3533, 6), whose own four bytes for it count as 0. */
export function oggCrc(page: Uint8Array): number {
  let crc = 0
  for (let i = 0; i < page.length; i++) {
    const byte = i >= 22 && i < 26 ? 0 : page[i]!
    crc = ((crc << 8) ^ CRC32[(crc >>> 24) ^ byte]!) >>> 0
  }
  return crc
}
