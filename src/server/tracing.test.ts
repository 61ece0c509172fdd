import { execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { postForm } from '../../test/http-service.ts'
import { startTracing } from './tracing.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const speech = (name: string) => readFileSync(`${ROOT}test/fixtures/speech/${name}`)
const command = (runtime: string) => (runtime === 'node' ? ['node'] : [`${ROOT}node_modules/.bin/bun`])

type Value = { stringValue?: string; intValue?: number }
type Span = {
  name: string
  traceId: string
  spanId: string
  parentSpanId?: string
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: { key: string; value: Value }[]
}
type Export = {
  resourceSpans: { resource: { attributes: Span['attributes'] }; scopeSpans: { spans: Span[] }[] }[]
}

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** A collector of OTLP over HTTP that keeps what it is sent. */
async function collector(): Promise<{ url: string; raw: () => string; exports: () => Export[] }> {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      if (request.url === '/v1/traces') bodies.push(body)
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  ends.push(() => server.close())
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}`,
    raw: () => bodies.join('\n'),
    exports: () => bodies.map((body) => JSON.parse(body) as Export),
  }
}

async function service(runtime: string, env: Record<string, string>) {
  const [file, ...args] = [...command(runtime), ...(runtime === 'bun' ? ['--no-env-file'] : [])]
  const child = spawn(file!, [...args, `${ROOT}dist/src/serve.js`], {
    env: { PATH: process.env.PATH, SOW_QWEN3_PORT: '0', ...env },
    cwd: tmpdir(),
  })
  ends.push(() => child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
    })
  }
  const exit = new Promise((resolve) => child.on('exit', resolve))
  await expect.poll(() => output).toContain('ready:')
  return { url: /"url":"([^"]+)"/.exec(output)![1]!, stop: () => child.kill('SIGTERM') && exit }
}

describe.each(['node', 'bun'])('traces on %s', (runtime) => {
  test('a request and its stages are sent, without lyrics, keys and queries', async () => {
    const { url, raw, exports } = await collector()
    const { url: address, stop } = await service(runtime, {
      SOW_QWEN3_OTEL_ENABLED: 'true',
      SOW_QWEN3_API_KEY: 'hidden-key',
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_SERVICE_NAME: 'songs',
    })
    const form = new FormData()
    form.set('audio', new Blob([speech('psalm-en.mp3')]))
    form.set('lyrics_text', 'The Lord is my hidden-lyrics')
    const headers = {
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      'x-api-key': 'hidden-key',
    }
    const init = { method: 'POST', headers, body: form }
    expect((await fetch(`${address}/api/v1/align?hidden-query`, init)).status).toBe(200)
    expect((await postForm(address, { lyrics_text: 'hidden-lyrics' })).status).toBe(401)
    expect(await stop()).toBe(0)

    const resources = exports().flatMap(({ resourceSpans }) => resourceSpans)
    const names = resources.flatMap(({ resource }) => resource.attributes)
    expect(names).toContainEqual({ key: 'service.name', value: { stringValue: 'songs' } })
    const spans = resources.flatMap(({ scopeSpans }) => scopeSpans.flatMap((each) => each.spans))
    const attribute = (span: Span, key: string) => span.attributes.find((each) => each.key === key)?.value
    const requests = spans.filter(({ name }) => name === 'POST /api/v1/align')
    const aligned = requests.find((span) => attribute(span, 'http.response.status_code')?.intValue === 200)!
    expect(aligned.traceId).toBe('0af7651916cd43dd8448eb211c80319c')
    expect(aligned.parentSpanId).toBe('b7ad6b7169203331')
    expect(attribute(aligned, 'sow.model')?.stringValue).toContain('sow-ctc-1')
    const stages = spans.filter(({ parentSpanId }) => parentSpanId === aligned.spanId)
    expect(stages.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['fetching', 'decoding', 'listening', 'aligning']),
    )
    for (const { startTimeUnixNano: start, endTimeUnixNano: end } of stages) {
      expect(BigInt(start)).toBeGreaterThanOrEqual(BigInt(aligned.startTimeUnixNano))
      expect(BigInt(end)).toBeLessThanOrEqual(BigInt(aligned.endTimeUnixNano))
    }
    // An error is told apart by its code.
    const refused = spans.find((span) => attribute(span, 'sow.code')?.stringValue === 'UNAUTHORIZED')
    expect(refused).toBeDefined()
    expect(raw()).not.toContain('hidden')
  })

  test.each([false, true])('the libraries are loaded: %s', (otelEnabled) => {
    const script = `
      import { createRequire } from 'node:module'
      const { startTracing, createApp, loadConfig } = await import('${ROOT}dist/src/server/index.js')
      const tracing = await startTracing({ otelEnabled: ${otelEnabled} })
      createApp(() => ({ state: 'loading' }), loadConfig({}), undefined, { tracing })
      const loaded = Object.keys(createRequire('${ROOT}').cache).filter((file) => file.includes('@opentelemetry/sdk-'))
      console.log(loaded.length > 0)
      process.exit(0)`
    const [file] = command(runtime)
    const flag = runtime === 'node' ? ['--input-type=module', '-e'] : ['-e']
    expect(execFileSync(file!, [...flag, script], { encoding: 'utf8' }).trim()).toBe(String(otelEnabled))
  })
})

test('where the libraries are not installed, the error says how to add them', async () => {
  vi.doMock('@opentelemetry/sdk-node', () => {
    throw new Error('Cannot find package')
  })
  await expect(startTracing({ otelEnabled: true })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('npm install @opentelemetry/api'),
  })
  vi.doUnmock('@opentelemetry/sdk-node')
})
