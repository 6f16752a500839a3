/** The opcodes of pickle that are read here: those with which PyTorch writes a state dict. */
export const OPCODES = {
  PROTO: 0x80,
  STOP: 0x2e,
  MARK: 0x28,
  GLOBAL: 0x63,
  REDUCE: 0x52,
  BUILD: 0x62,
  BINPERSID: 0x51,
  BINPUT: 0x71,
  LONG_BINPUT: 0x72,
  BINGET: 0x68,
  LONG_BINGET: 0x6a,
  NONE: 0x4e,
  NEWTRUE: 0x88,
  NEWFALSE: 0x89,
  BININT: 0x4a,
  BININT1: 0x4b,
  BININT2: 0x4d,
  LONG1: 0x8a,
  BINFLOAT: 0x47,
  BINUNICODE: 0x58,
  EMPTY_TUPLE: 0x29,
  TUPLE: 0x74,
  TUPLE1: 0x85,
  TUPLE2: 0x86,
  TUPLE3: 0x87,
  EMPTY_LIST: 0x5d,
  APPEND: 0x61,
  APPENDS: 0x65,
  EMPTY_DICT: 0x7d,
  SETITEM: 0x73,
  SETITEMS: 0x75,
} as const;

/** All others, by their names in pickletools, so that a refusal can name them. */
const REFUSED: Readonly<Record<number, string>> = {
  ...{ 48: 'POP', 49: 'POP_MARK', 50: 'DUP', 70: 'FLOAT', 73: 'INT', 76: 'LONG' },
  ...{ 80: 'PERSID', 83: 'STRING', 84: 'BINSTRING', 85: 'SHORT_BINSTRING' },
  ...{ 86: 'UNICODE', 103: 'GET', 105: 'INST', 108: 'LIST', 100: 'DICT', 111: 'OBJ' },
  ...{ 112: 'PUT', 129: 'NEWOBJ', 130: 'EXT1', 131: 'EXT2', 132: 'EXT4', 139: 'LONG4' },
  ...{ 66: 'BINBYTES', 67: 'SHORT_BINBYTES', 140: 'SHORT_BINUNICODE' },
  ...{ 141: 'BINUNICODE8', 142: 'BINBYTES8', 143: 'EMPTY_SET', 144: 'ADDITEMS' },
  ...{ 145: 'FROZENSET', 146: 'NEWOBJ_EX', 147: 'STACK_GLOBAL', 148: 'MEMOIZE' },
  ...{ 149: 'FRAME', 150: 'BYTEARRAY8', 151: 'NEXT_BUFFER', 152: 'READONLY_BUFFER' },
};

/** `STACK_GLOBAL (0x93)` */
export function refusedName(opcode: number): string {
  const code = `0x${opcode.toString(16).padStart(2, '0')}`;
  const name = REFUSED[opcode];
  return name === undefined ? code : `${name} (${code})`;
}
