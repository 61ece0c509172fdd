import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createMultipartReader, type MultipartLimits } from './multipart.ts'

type Part = { name: string; filename: string | undefined; content: Buffer }

/** Reads a body in pieces of the given sizes, over and over. */
function readAll(body: Buffer, sizes: readonly number[], type: string, limits?: MultipartLimits): Part[] {
  const parts: Part[] = []
  const reader = createMultipartReader(
    type,
    (head) => {
      const pieces: Buffer[] = []
      return {
        write: (bytes) => void pieces.push(Buffer.from(bytes)),
        end: () => void parts.push({ ...head, content: Buffer.concat(pieces) }),
      }
    },
    limits,
  )
  for (let at = 0, i = 0; at < body.length; i++) {
    const size = sizes[i % sizes.length]!
    reader.push(body.subarray(at, at + size))
    at += size
  }
  reader.end()
  return parts
}

const TYPE = 'multipart/form-data; boundary=xyz'
const head = (name: string, more = '') => `content-disposition: form-data; name="${name}"${more}\r\n\r\n`
const form = (...parts: string[]) => Buffer.from(`--xyz\r\n${parts.join('\r\n--xyz\r\n')}\r\n--xyz--\r\n`)

describe('a form', () => {
  test('comes out as it was put in, however it is cut', async () => {
    // Line ends, dashes and the boundary's letters are likely, so that false delimiters are.
    const bytes = fc.array(fc.constantFrom(...Buffer.from('\r\n-xyz'), 0, 255), { maxLength: 60 })
    const part = fc.record({ name: fc.constantFrom('a', 'b c', '三'), content: bytes })
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 4 }), sizes, async (parts, cuts) => {
        const data = new FormData()
        for (const { name, content } of parts) {
          data.append(name, new Blob([Buffer.from(content)]), 'file.bin')
        }
        const whole = new Response(data)
        const type = whole.headers.get('content-type')!
        const read = readAll(Buffer.from(await whole.arrayBuffer()), cuts, type)
        expect(read).toEqual(
          parts.map(({ name, content }) => ({ name, filename: 'file.bin', content: Buffer.from(content) })),
        )
      }),
    )
  })

  test('is read as clients write it: preamble, padding, quotes, empty parts', () => {
    const body = Buffer.concat([
      Buffer.from('preamble\r\n'),
      form(
        `X-Other: 1\r\nContent-Disposition: form-data; filename="a \\"b\\".wav"; name=audio\r\n\r\n`,
        `${head('text')}one\r\n`,
      ),
    ])
    const padded = Buffer.from(body.toString().replace('--xyz\r\n', '--xyz \t\r\n'))
    for (const sizes of [[1], [3], [1000]]) {
      expect(
        readAll(padded, sizes, 'Multipart/Form-Data; charset=utf-8; Boundary="xyz"').map(
          ({ name, filename, content }) => [name, filename, String(content)],
        ),
      ).toEqual([
        ['audio', 'a "b".wav', ''],
        ['text', undefined, 'one\r\n'],
      ])
    }
  })

  test.each([
    ['no boundary', form(head('a')), 'multipart/form-data', 'a boundary'],
    ['a long boundary', form(head('a')), `multipart/form-data; boundary=${'x'.repeat(71)}`, 'a boundary'],
    ['no end', form(head('a')).subarray(0, -6), TYPE, 'an end'],
    ['nothing', Buffer.alloc(0), TYPE, 'an end'],
    ['a part without head', form('\r\nabc\r\n\r\n'), TYPE, 'a content-disposition'],
    ['a part without name', form('content-disposition: form-data\r\n\r\n'), TYPE, 'with a name'],
    ['an attachment', form('content-disposition: attachment; name="a"\r\n\r\n'), TYPE, 'with a name'],
    ['a boundary that goes on', Buffer.from('--xyzabc\r\n'), TYPE, 'a line end'],
  ])('with %s is refused', (_, body, type, expected) => {
    expect(() => readAll(body, [7], type)).toThrow(expected)
  })

  test('of too many parts is refused at the first one too many', () => {
    const limits = { maxParts: 3, maxHeadBytes: 100 }
    expect(readAll(form(head('a'), head('b'), head('c')), [10], TYPE, limits)).toHaveLength(3)
    let pushed = 0
    const reader = createMultipartReader(TYPE, () => ({ write: () => {}, end: () => {} }), limits)
    const push = () => {
      for (; pushed < 100_000; pushed++) reader.push(Buffer.from(`--xyz\r\n${head('a')}\r\n`))
    }
    expect(push).toThrow('at most 3 parts')
    expect(pushed).toBe(3)
  })

  test.each([
    ['head', '--xyz\r\n'],
    ['preamble', ''],
    ['line of a boundary', '--xyz'],
  ])('whose %s does not end is refused before more of it is read', (_, begin) => {
    const reader = createMultipartReader(TYPE, () => ({ write: () => {}, end: () => {} }))
    reader.push(Buffer.from(begin))
    let pushed = 0
    const push = () => {
      for (; pushed < 10_000_000; pushed += 1000) reader.push(Buffer.alloc(1000, ' '))
    }
    expect(push).toThrow('Expected multipart form data with ')
    expect(pushed).toBeLessThan(10_000)
  })
})

test('any bytes give the same parts, or the same refusal, however they are cut', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '--xyz',
      '--xyz--',
      '\r\n',
      '\r\n\r\n',
      '\r',
      '-',
      ' ',
      head('a'),
      head('b', '; filename="f"'),
      '\r\n--xyz\r\n',
    ),
    fc.string({ unit: 'binary', maxLength: 6 }),
  )
  const body = fc.array(piece, { maxLength: 15 }).map((pieces) => Buffer.from(pieces.join('')))
  const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 })
  const limits = { maxParts: 4, maxHeadBytes: 100 }
  const read = (bytes: Buffer, cuts: readonly number[]) => {
    try {
      return { parts: readAll(bytes, cuts, TYPE, limits) }
    } catch (error) {
      expect(error).toMatchObject({ code: 'BODY_INVALID' })
      return 'refused'
    }
  }
  fc.assert(
    fc.property(body, sizes, (bytes, cuts) => {
      expect(read(bytes, cuts)).toEqual(read(bytes, [bytes.length || 1]))
    }),
    { numRuns: 1_000 },
  )
})

test('any content type names a boundary or is refused', () => {
  const type = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'binary' }).map((text) => `multipart/form-data; boundary=${text}`),
  )
  fc.assert(
    fc.property(type, (contentType) => {
      try {
        createMultipartReader(contentType, () => ({ write: () => {}, end: () => {} })).push(
          Buffer.from('--a'),
        )
      } catch (error) {
        expect(error).toMatchObject({ code: 'BODY_INVALID' })
      }
    }),
  )
})
