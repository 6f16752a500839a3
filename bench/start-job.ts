/** A job that was started: whether it is over, and when it is; `end` rejects where it did not succeed. */
export async function startJob(url: string, body: object) {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  const place = answer.headers.get('Location');
  if (place === null) throw new Error(`${url}: ${await answer.text()}`);
  const job = new URL(place, url);
  const running = { over: false, end: finish() };
  return running;

  async function finish(): Promise<void> {
    try {
      const details = await (await fetch(`${job}/events`)).text();
      if (!details.includes('"state":"succeeded"')) throw new Error(details.slice(-500));
      await fetch(job, { method: 'DELETE' });
    } finally {
      running.over = true;
    }
  }
}
