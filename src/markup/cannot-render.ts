/** Why a source cannot be rendered, as a sentence that says what to do: the author's to mend, whoever asks again. */
export class CannotRender extends Error {
  override name = 'CannotRender'
}
