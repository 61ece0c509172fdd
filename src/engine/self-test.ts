import { AlignError } from '../errors.ts'
import type { Engine } from './load.ts'
import { alignTrack } from './pipeline.ts'
import { faultOf, TEST_LYRICS, TEST_SECONDS, testSignal } from './test-signal.ts'

/**
 * Aligns a made sound the whole way and checks what comes, so that a worker which is ready can work.
 * @throws AlignError MODEL_INVALID
 */
export async function selfTest(engine: Engine): Promise<void> {
  const track = {
    material: async () => ({ bytes: testSignal() }),
    lyrics: TEST_LYRICS,
    language: 'auto',
    structure: 'strict' as const,
    maxAudioSeconds: 2 * TEST_SECONDS,
  }
  const { alignment } = await alignTrack(track, engine, {
    isCancelled: () => false,
    onProgress: () => {},
  }).catch((cause) => {
    throw failed(cause instanceof Error ? cause.message : String(cause), cause)
  })
  const fault = faultOf(alignment)
  if (fault) throw failed(fault)
}

function failed(fault: string, cause?: unknown): AlignError {
  return new AlignError('MODEL_INVALID', `The self-test alignment at start failed: ${fault}`, { cause })
}
