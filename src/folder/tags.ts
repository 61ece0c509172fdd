/**
 * The lyrics in the tags of a recording (ID3 USLT and SYLT, Vorbis LYRICS, MP4 ©lyr, ...); undefined where there are none.
 * @throws the error of the reader of tags
 */
export async function lyricsInTags(recording: string): Promise<string | undefined> {
  // Loaded where it is needed: most songs have a file of lyrics.
  const { parseFile } = await import('music-metadata')
  const { common } = await parseFile(recording, { skipCovers: true, duration: false })
  for (const { text, syncText } of common.lyrics ?? []) {
    const lines = text ?? syncText.map((line) => line.text).join('\n')
    if (lines.trim() !== '') return lines
  }
  return undefined
}
