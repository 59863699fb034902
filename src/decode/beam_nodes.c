#include "base/mem.h"
#include "decode/beam_internal.h"

oss_status oss_beam_reserve_nodes(oss_beam *beam, int32_t count) {
    if (beam->free_count + (beam->nodes - beam->used) >= count) {
        return OSS_OK;
    }
    size_t nodes = (size_t)beam->nodes * 2 + (size_t)count;
    beam_node *node = nodes < INT32_MAX ? oss_resize(beam->node, nodes, sizeof *node) : NULL;
    if (node == NULL) {
        return OSS_ENOMEM;
    }
    beam->node = node;
    beam->nodes = (int32_t)nodes;
    return OSS_OK;
}

void oss_beam_clear_nodes(oss_beam *beam) {
    beam->used = 0;
    beam->free = OSS_BEAM_NONE;
    beam->free_count = 0;
}

int32_t oss_beam_take_node(oss_beam *beam) {
    int32_t at = beam->free;
    if (at != OSS_BEAM_NONE) {
        beam->free = beam->node[at].next;
        beam->free_count--;
    } else {
        at = beam->used++;
    }
    beam_node *node = &beam->node[at];
    node->parent = node->child = node->next = node->slot = OSS_BEAM_NONE;
    node->symbol = OSS_VOCAB_BLANK;
    node->end.known = false;
    return at;
}

int32_t oss_beam_enter(oss_beam *beam, int32_t parent, int32_t id) {
    int32_t at = beam->node[parent].child;
    while (at != OSS_BEAM_NONE && beam->node[at].symbol != id) {
        at = beam->node[at].next;
    }
    if (at != OSS_BEAM_NONE) {
        return at;
    }
    at = oss_beam_take_node(beam);
    beam_node *node = &beam->node[at], *above = &beam->node[parent];
    node->parent = parent;
    node->symbol = id;
    node->next = above->child;
    above->child = at;
    oss_beam_follow(beam, above, id, &node->context);
    return at;
}

void oss_beam_release(oss_beam *beam, int32_t node) {
    while (node != OSS_BEAM_NONE && node != beam->root && beam->node[node].slot == OSS_BEAM_NONE &&
           beam->node[node].child == OSS_BEAM_NONE) {
        int32_t parent = beam->node[node].parent;
        int32_t *link = &beam->node[parent].child;
        while (*link != node) {
            link = &beam->node[*link].next;
        }
        *link = beam->node[node].next;
        beam->node[node].next = beam->free;
        beam->node[node].slot = OSS_BEAM_FREE;
        beam->free = node;
        beam->free_count++;
        node = parent;
    }
}
