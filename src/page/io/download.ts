/** Hands a file to the user. */
export function download(name: string, contents: BlobPart, type = 'text/plain;charset=utf-8'): void {
  const url = URL.createObjectURL(new Blob([contents], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

/** A title as the name of a file, on every system. */
export function fileName(title: string): string {
  const plain = [...title].filter((char) => char >= ' ' && !'<>:"/\\|?*'.includes(char)).join('')
  const short = plain.slice(0, 120)
  // A name of dots is a folder, and a dot at either end is lost or hides the file on some systems.
  const from = [...short].findIndex((char) => !/[\s.]/.test(char))
  const to = [...short].findLastIndex((char) => !/[\s.]/.test(char))
  return from < 0 ? 'song' : [...short].slice(from, to + 1).join('')
}
