/** The text of a form's field, trimmed; empty for a field that is missing or holds a file. */
export function formText(form: FormData, name: string): string {
  return rawFormText(form, name).trim();
}

/** The same as it was typed, for passwords. */
export function rawFormText(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
}
