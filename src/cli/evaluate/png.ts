import { AlignError } from '../../index.ts'

const PACKAGE = '@napi-rs/canvas'

/** Pixels of the PNG for one of the SVG, so that small text can be read. */
const SCALE = 2

type CanvasPackage = typeof import('@napi-rs/canvas')

/** Draws SVG pictures as PNG. */
export type Draw = (svg: string) => Promise<Uint8Array>

/**
 * Drawing takes a graphics library of 35 MB, which is the user's to add.
 * @throws AlignError CONFIG_INVALID where it is not there
 */
export async function loadDrawing(): Promise<Draw> {
  const { createCanvas, loadImage } = await load()
  return async (svg) => {
    const image = await loadImage(Buffer.from(svg))
    const canvas = createCanvas(image.width * SCALE, image.height * SCALE)
    canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height)
    return canvas.encode('png')
  }
}

async function load(): Promise<CanvasPackage> {
  try {
    return (await import(PACKAGE)) as CanvasPackage
  } catch (cause) {
    throw new AlignError(
      'CONFIG_INVALID',
      `Expected ${PACKAGE} to draw a PNG with, got none: run "npm install ${PACKAGE}" (or "bun add ${PACKAGE}"), or name a .svg, which takes nothing`,
      { cause },
    )
  }
}
