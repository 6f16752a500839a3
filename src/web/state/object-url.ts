import { useEffect, useState } from 'preact/hooks';

/** Returns an address at which the page has some bytes, such as an image; undefined without bytes. */
export function useObjectUrl(bytes: Blob | undefined): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (bytes === undefined) return;
    const made = URL.createObjectURL(bytes);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [bytes]);
  return bytes && url;
}
