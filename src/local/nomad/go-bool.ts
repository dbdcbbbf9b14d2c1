const truths = ['1', 't', 'T', 'true', 'True', 'TRUE'];

/** What Go takes for true: Python's clients write `True`. */
export const isTrue = (text: string | null): boolean => text !== null && truths.includes(text);
