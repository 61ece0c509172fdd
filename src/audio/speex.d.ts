/** What is used of the package, which has no types of its own: Speex's C interface, and the memory it works in. */
declare module '@echogarden/speex-resampler-wasm/simd' {
  export type SpeexModule = {
    HEAPF32: Float32Array
    HEAPU32: Uint32Array
    _malloc(bytes: number): number
    _free(pointer: number): void
    _speex_resampler_init(
      channels: number,
      from: number,
      to: number,
      quality: number,
      failure: number,
    ): number
    _speex_resampler_destroy(state: number): void
    _speex_resampler_skip_zeros(state: number): number
    _speex_resampler_process_float(
      state: number,
      channel: number,
      input: number,
      inputCount: number,
      output: number,
      outputCount: number,
    ): number
  }
  const load: () => Promise<SpeexModule>
  export default load
}
