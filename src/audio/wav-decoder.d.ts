declare module 'wav-decoder' {
  type Wav = { sampleRate: number; channelData: Float32Array[] }
  const wav: { decode: { sync(file: ArrayBuffer): Wav } }
  export default wav
}
