/** One level of a factor. */
export interface Level {
  name: string;
  label: string;
  values: Record<string, string>;
  order: string[];
}
