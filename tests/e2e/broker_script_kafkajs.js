// SPDX-License-Identifier: Apache-2.0
// What kafkajs does and is told, a line of JSON a step: {"step", "lines"}.
// usage: node broker_script_kafkajs.js BROKER TOPIC, with NODE_PATH
'use strict'
const { Kafka, CompressionTypes, CompressionCodecs, logLevel, Partitioners } = require('kafkajs')
const snappy = require('snappyjs')
const lz4 = require('lz4-napi')
const zstd = require('@bokuweb/zstd-wasm')

const NOON = 1600000000000
const CODECS = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 }
const RECORDS = [
  { key: 'k1', value: 'value', headers: { a: ['1', ''], b: Buffer.from([0]) } },
  { key: 'k2', value: null },
  { key: null, value: 'no key' },
  { key: '', value: '', headers: { empty: '' } }
]
const [broker, topic] = process.argv.slice(2)
const group = `${topic}-group`

const codec = (compress, decompress) => () =>
  ({ compress: async encoder => Buffer.from(compress(encoder.buffer)), decompress: async bytes => Buffer.from(decompress(bytes)) })

// Kafka's Java clients write snappy in blocks, after 16 bytes; others write one block.
function unsnap (bytes) {
  if (bytes.subarray(1, 7).toString() !== 'SNAPPY') return snappy.uncompress(bytes)
  const parts = []
  for (let at = 16; at < bytes.length;) {
    const size = bytes.readInt32BE(at)
    parts.push(snappy.uncompress(bytes.subarray(at + 4, at + 4 + size)))
    at += 4 + size
  }
  return Buffer.concat(parts)
}

const say = (step, ...lines) => console.log(JSON.stringify({ step, lines: lines.map(line => JSON.stringify(line)) }))
const ordered = partitions => partitions.sort((one, other) => (one.partitionId ?? one.partition) - (other.partitionId ?? other.partition))
const text = value => value === null || value === undefined ? null : value.toString('latin1')
const headersOf = headers => Object.entries(headers).map(([name, values]) => [name, [values].flat().map(text)])

async function refused (step, call) {
  try {
    say(step, await call())
  } catch (error) {
    const errors = error.errors || [error]
    say(step, ...errors.map(each => [each.name, each.type, each.message]))
  }
}

async function until (predicate) {
  while (!await predicate()) await new Promise(resolve => setTimeout(resolve, 50))
}

async function produce (kafka) {
  for (const [name, compression] of Object.entries(CODECS)) {
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, idempotent: name !== 'none' })
    await producer.connect()
    const messages = RECORDS.map((record, i) => ({ ...record, partition: 0, timestamp: String(NOON + i) }))
    const sent = await producer.send({ topic, acks: -1, compression, messages })
    say(`produce: ${name}`, ...sent.map(each => [each.partition, each.errorCode, each.baseOffset]))
    await producer.disconnect()
  }
}

// Reads so many in a group and commits an offset.
async function consume (kafka, step, count, offset, prepare) {
  const consumer = kafka.consumer({ groupId: group, maxWaitTimeInMs: 100 })
  const lines = []
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise((resolve, reject) => {
    consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        if (lines.length === count) return
        lines.push([partition, message.offset, message.timestamp, text(message.key), text(message.value), headersOf(message.headers)])
        if (lines.length < count) return
        await consumer.commitOffsets([{ topic, partition, offset, metadata: 'so far' }])
        resolve()
      }
    }).catch(reject)
    prepare(consumer)
  })
  say(step, ...lines)
  await consumer.disconnect()
}

async function groups (admin) {
  say('list groups', (await admin.listGroups()).groups.filter(each => each.groupId === group))
  const { groups } = await admin.describeGroups([group])
  say('describe group', ...groups.map(each => [each.errorCode, each.state, each.protocolType, each.protocol, each.members.length]))
  await refused('delete group', () => admin.deleteGroups([group]))
  await refused('delete group again', () => admin.deleteGroups([group]))
}

async function topics (admin) {
  const create = name => admin.createTopics({ topics: [{ topic: name, numPartitions: 2, replicationFactor: 1, configEntries: [{ name: 'retention.ms', value: '9223372036854775807' }] }] })
  await refused('create', () => create(topic))
  await refused('create again', () => create(topic))
  await refused('create: bad name', () => create('no/topic'))
  await until(async () => (await admin.listTopics()).includes(topic))
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  say('describe', ...ordered(topics.flatMap(each => each.partitions)))
}

async function alter (admin) {
  const resource = { type: 2, name: topic }
  const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [resource] })
  say('describe configs', ...resources[0].configEntries.map(each => [each.configName, each.configValue, each.isDefault, each.configSource]).sort())
  await refused('alter configs', () => admin.alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries: [{ name: 'max.message.bytes', value: '2000' }] }] }))
  await refused('alter configs: bad value', () => admin.alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries: [{ name: 'max.message.bytes', value: 'x' }] }] }))
  await refused('add partitions', () => admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] }))
  await until(async () => (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0].partitions.length === 3)
  await refused('add fewer partitions', () => admin.createPartitions({ topicPartitions: [{ topic, count: 1 }] }))
  await refused('delete records', () => admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] }))
  say('offsets after it', ordered(await admin.fetchTopicOffsets(topic)))
  await refused('reassignments', () => admin.listPartitionReassignments({ topics: [{ topic, partitions: [0] }] }))
  await refused('delete', () => admin.deleteTopics({ topics: [topic] }))
  await refused('delete missing', () => admin.deleteTopics({ topics: [`${topic}-missing`] }))
}

async function main () {
  await zstd.init()
  CompressionCodecs[CompressionTypes.Snappy] = codec(snappy.compress, unsnap)
  CompressionCodecs[CompressionTypes.LZ4] = codec(lz4.compressFrameSync, lz4.decompressFrameSync)
  CompressionCodecs[CompressionTypes.ZSTD] = codec(bytes => zstd.compress(bytes), zstd.decompress)
  const kafka = new Kafka({ clientId: 'kafkajs', brokers: [broker], logLevel: logLevel.NOTHING, retry: { retries: 2 } })
  const admin = kafka.admin()
  await admin.connect()
  const { brokers, controller } = await admin.describeCluster()
  say('cluster', brokers, controller)
  await topics(admin)
  await produce(kafka)
  const all = RECORDS.length * Object.keys(CODECS).length
  const committed = async step => say(step, await admin.fetchOffsets({ groupId: group, topics: [topic] }))
  await consume(kafka, 'consume', all, String(all), () => {})
  await committed('committed')
  await consume(kafka, 'after seeking', 1, '3', consumer => consumer.seek({ topic, partition: 0, offset: '2' }))
  await committed('committed after seeking')
  say('offsets', ordered(await admin.fetchTopicOffsets(topic)))
  say('offsets at a time', ordered(await admin.fetchTopicOffsetsByTimestamp(topic, NOON + 2)))
  await groups(admin)
  await alter(admin)
  await admin.disconnect()
}

main().then(() => process.exit(0), error => { console.error(error); process.exit(1) })
