import { describe, expect, test } from 'vitest'
import { addressesOf, checkUrl, isPublicAddress } from './address.ts'

const answer = (...addresses: string[]) => {
  return async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
}

test.each([
  ['8.8.8.8', true],
  ['2606:4700::1111', true],
  ['::ffff:8.8.8.8', true],
  ['127.0.0.1', false],
  ['0.0.0.0', false],
  ['10.1.2.3', false],
  ['172.16.0.1', false],
  ['192.168.1.1', false],
  ['169.254.169.254', false],
  ['100.64.0.1', false],
  ['192.0.0.192', false],
  ['198.18.0.1', false],
  ['224.0.0.1', false],
  ['240.0.0.1', false],
  ['255.255.255.255', false],
  ['::', false],
  ['::1', false],
  ['::127.0.0.1', false],
  ['::ffff:127.0.0.1', false],
  ['::ffff:169.254.169.254', false],
  ['64:ff9b::7f00:1', false],
  ['64:ff9b::a9fe:a9fe', false],
  ['64:ff9b::808:808', true],
  ['64:ff9b:1::808:808', false],
  ['2606:4700::1111%eth0', false],
  ['fe80::1%eth0', false],
  ['168.63.129.16', false],
  ['64:ff9b::a83f:8110', false],
  ['100.100.100.200', false],
  ['0.1.2.3', false],
  ['192.88.99.1', false],
  ['203.0.113.1', false],
  ['::808:808', false],
  ['3fff::1', false],
  ['2001:2::1', false],
  ['2001:20::1', false],
  ['5f00::1', false],
  ['2002:808:808::', false],
  ['fd20:ce::254', false],
  ['64:ff9b:1::7f00:1', false],
  ['2002:7f00:1::', false],
  ['2001:0:7f00:1::', false],
  ['2001:db8::1', false],
  ['fe80::1', false],
  ['fec0::1', false],
  ['fc00::1', false],
  ['fd00:ec2::254', false],
  ['ff02::1', false],
  ['100::1', false],
  ['4000::1', false],
  ['no address', false],
])('%s is public: %s', (address, expected) => {
  expect(isPublicAddress(address)).toBe(expected)
})

describe('checkUrl', () => {
  test.each([
    'http://example.com/a.mp3',
    'https://example.com/',
    'http://example.com:8080/',
    'https://example.com:443/',
  ])('%s passes', (url) => expect(() => checkUrl(new URL(url))).not.toThrow())

  test.each([
    ['ftp://example.com/a.mp3', 'got ftp://'],
    ['gopher://example.com/', 'got gopher://'],
    ['data:audio/wav;base64,AAAA', 'got data://'],
    ['http://user:secret@example.com/', 'without user name and password'],
    ['http://example.com@10.0.0.1/', 'without user name and password'],
    ['http://example.com:22/', 'got 22'],
    ['https://example.com:25/', 'got 25'],
    ['http://example.com:6379/', 'Expected port 80, 443, 8080, 8443, got 6379'],
    ['http://example.com:65535/', 'got 65535'],
    ['http://example.com:0/', 'got 0'],
  ])('%s is refused', (url, message) => {
    expect(() => checkUrl(new URL(url))).toThrow(message)
  })

  test('what is said of a URL with a password does not repeat it', () => {
    expect(() => checkUrl(new URL('http://user:secret@example.com/'))).toThrow(/^((?!secret).)*$/)
  })
})

test('ports that are allowed are allowed, and no others', () => {
  const check = (port: number) => () => checkUrl(new URL(`http://example.com:${port}/`), [[9000, 9010]])
  expect(check(9000)).not.toThrow()
  expect(check(9010)).not.toThrow()
  for (const port of [80, 443, 8999, 9011]) expect(check(port)).toThrow('Expected port 9000-9010, got')
})

describe('addressesOf', () => {
  // All of them stand for 127.0.0.1 or another private address, however they are written.
  test.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://017700000001/',
    'http://127.1/',
    'http://0/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[64:ff9b::7f00:1]/',
    'http:\\\\127.0.0.1\\',
    'http://127。0。0。1/',
    'http://①②⑦.0.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://0177.0.0.1/',
    'http://0x7f000001/',
    'http://0x7F.0.0.0x1/',
    'http://127.0.0.1./',
    'http://[fd00:ec2::254]/',
    'http://[::ffff:0:7f00:1]/',
    'http://[fe80::1]/',
    'http://localhost/',
    'http://LOCALHOST./',
    'http://a.localhost/',
    'http://8.8.8.8@127.0.0.1/',
    'http://127.0.0.1\\@8.8.8.8/',
    'http://127.0.0.1#@8.8.8.8/',
  ])('%s is refused without asking for its name', async (url) => {
    const ask = () => Promise.reject(new Error('nobody should be asked'))
    await expect(addressesOf(new URL(url), isPublicAddress, ask)).rejects.toMatchObject({
      code: 'AUDIO_URL_FORBIDDEN',
    })
  })

  test('the host after a backslash or before an @ is not the one that counts', () => {
    expect(new URL('http://example.com\\@127.0.0.1/').hostname).toBe('example.com')
    expect(new URL('http://example.com@127.0.0.1/').hostname).toBe('127.0.0.1')
  })

  test('a name with one private address among public ones is refused', async () => {
    const url = new URL('http://rebind.example/')
    await expect(addressesOf(url, isPublicAddress, answer('8.8.8.8', '10.0.0.1'))).rejects.toMatchObject({
      code: 'AUDIO_URL_FORBIDDEN',
      message: 'Expected a public address, got rebind.example, which is a private address',
    })
  })

  test('localhost is refused by what it stands for', async () => {
    await expect(addressesOf(new URL('http://ⓛocalhost/'), isPublicAddress)).rejects.toMatchObject({
      code: 'AUDIO_URL_FORBIDDEN',
    })
  })

  test.each([
    'http://[fe80::1%25eth0]/',
    'http://[::1%lo]/',
    'http://256.256.256.256/',
    'http://0x100000000/',
  ])('%s is no URL', (url) => expect(URL.canParse(url)).toBe(false))

  test('a name without an address can be tried again', async () => {
    await expect(
      addressesOf(new URL('http://empty.example/'), isPublicAddress, answer()),
    ).rejects.toMatchObject({ code: 'AUDIO_FETCH_FAILED', retryable: true })
  })

  test('public addresses are given as they were found', async () => {
    const found = await addressesOf(new URL('http://bücher.example/'), isPublicAddress, async (host) => {
      expect(host).toBe('xn--bcher-kva.example')
      return answer('8.8.8.8', '2606:4700::1111')()
    })
    expect(found.map(({ address }) => address)).toEqual(['8.8.8.8', '2606:4700::1111'])
  })
})
