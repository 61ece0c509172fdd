import { afterAll, describe, expect, test } from 'vitest'
import { ALIGNMENT, aligner, GOOD, post, read, serve, stopAll } from '../../test/http-service.ts'

afterAll(stopAll)

describe('readiness', () => {
  test.each([
    [{ state: 'loading' }, 'MODEL_NOT_READY', true],
    [{ state: 'loading', converted: 0.456 }, 'MODEL_NOT_READY', true],
    [{ state: 'failed', reason: 'no model.onnx in /models' }, 'MODEL_NOT_READY', false],
    [{ state: 'draining', aligner: aligner(async () => ALIGNMENT) }, 'DRAINING', true],
  ] as const)('%o: 503 from health and align', async (readiness, code, retryable) => {
    const service = await serve()
    service.readiness.now = readiness
    for (const response of [await fetch(`${service.url}/health`), await post(service.url, GOOD)]) {
      expect(response.status).toBe(503)
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
      const body = await read(response)
      expect(body).toMatchObject({ detail: 'Model not loaded', code, retryable, state: readiness.state })
      if (readiness.state === 'failed') expect(body.reason).toBe(readiness.reason)
      if ('converted' in readiness) expect(body.reason).toContain('45 % are done')
    }
    expect((await fetch(`${service.url}/api/v1/live`)).status).toBe(200)
  })

  test('stuck: 503 with the reason, until it moves on', async () => {
    const service = await serve()
    const healthy = aligner(async () => ALIGNMENT)
    const stuck = {
      ...healthy,
      status: () => ({ ...healthy.status(), stuck: true, stuckReason: 'no progress' }),
    }
    service.readiness.now = { state: 'ready', aligner: stuck }
    for (const response of [await fetch(`${service.url}/health`), await post(service.url, GOOD)]) {
      expect(response.status).toBe(503)
      expect(await read(response)).toMatchObject({
        code: 'MODEL_NOT_READY',
        retryable: true,
        state: 'stuck',
        reason: expect.stringContaining('no progress'),
      })
    }
    service.readiness.now = { state: 'ready', aligner: healthy }
    expect((await fetch(`${service.url}/health`)).status).toBe(200)
  })

  test('ready: says which model works, and where it is from', async () => {
    const embedded = await serve()
    const mounted = await serve(undefined, { SOW_QWEN3_MODEL_PATH: '/models/x' })
    const body = await read(await fetch(`${embedded.url}/api/v1/health`))
    expect(body).toMatchObject({
      status: 'healthy',
      model: 'ready',
      model_name: 'test',
      model_source: 'embedded',
    })
    expect((await read(await fetch(`${mounted.url}/health`))).model_source).toBe('model_path')
  })
})
