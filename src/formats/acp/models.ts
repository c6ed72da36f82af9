/** The model of a session: which one it has, and how another is chosen. */
import { asMap, type Fields, listAt, mapAt, textAt } from '../agent-streams/fields.ts';

/** null when the agent does not say. */
export function modelOf(session: Fields): string | null {
  return (
    textAt(mapAt(session, 'models'), 'currentModelId') ?? textAt(modelOption(session) ?? {}, 'currentValue')
  );
}

export type ModelChoice =
  | { readonly kind: 'set-already' }
  | {
      readonly kind: 'request';
      readonly method: 'session/set_model' | 'session/set_config_option';
      readonly params: Fields;
    }
  | { readonly kind: 'not-offered'; readonly why: string };

/** Most models that are named in the message. */
const MAX_NAMED = 20;

export function modelRequest(model: string, session: Fields, sessionId: string): ModelChoice {
  if (modelOf(session) === model) return { kind: 'set-already' };
  const option = modelOption(session);
  const values = option === null ? [] : valuesOf(option);
  if (option !== null && values.includes(model)) {
    const params = { sessionId, configId: textAt(option, 'id') ?? 'model', value: model };
    return { kind: 'request', method: 'session/set_config_option', params };
  }
  const offered = listAt(mapAt(session, 'models'), 'availableModels').flatMap(
    (one) => textAt(asMap(one) ?? {}, 'modelId') ?? [],
  );
  if (offered.includes(model))
    return { kind: 'request', method: 'session/set_model', params: { sessionId, modelId: model } };
  const named = [...new Set([...values, ...offered])].slice(0, MAX_NAMED);
  const choice = named.length === 0 ? 'it offers no choice' : `it offers ${named.join(', ')}`;
  return { kind: 'not-offered', why: `the agent has no model ${model}: ${choice}` };
}

function modelOption(session: Fields): Fields | null {
  const options = listAt(session, 'configOptions').map((one): Fields => asMap(one) ?? {});
  return options.find((one) => one['category'] === 'model' || one['id'] === 'model') ?? null;
}

/** Values stand in a list, or in groups of lists. */
function valuesOf(option: Fields): readonly string[] {
  return listAt(option, 'options').flatMap((one) => {
    const map = asMap(one) ?? {};
    const value = textAt(map, 'value');
    return value === null ? valuesOf(map) : [value];
  });
}
